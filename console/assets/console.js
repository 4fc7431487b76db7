// The playground: GraphiQL, asking the GraphQL endpoint of this server and nobody else.
"use strict";

(() => {
  const root = document.getElementById("playground");
  const exchange = document.getElementById("exchange");
  const config = JSON.parse(root.dataset.config);

  // Sends one operation. Whatever comes back that is no GraphQL response is shown as an error in the shape of one.
  async function fetcher(operation, { headers = {} } = {}) {
    const quiet = operation.operationName === "IntrospectionQuery";
    // For a moment after a change of tabs, GraphiQL still has the name of the other tab's operation.
    if (operation.operationName && !operation.query.includes(operation.operationName)) delete operation.operationName;
    const started = performance.now();
    let response, text;
    try {
      response = await fetch(config.endpoint, {
        method: "POST",
        headers: {
          "Accept": "application/graphql-response+json, application/json;q=0.9",
          "Content-Type": "application/json",
          ...headers,
        },
        body: JSON.stringify(operation),
      });
      text = await response.text();
    } catch (error) {
      if (!quiet) show("unreachable", "bad");
      return failure(`The gateway cannot be reached: ${error.message}.`);
    }
    let result;
    try {
      result = JSON.parse(text);
    } catch {
      result = failure(`The answer is not JSON (status ${response.status}).`);
    }
    if (!quiet) {
      const grade = !response.ok ? "bad" : result.errors ? "mixed" : "good";
      show(`${response.status} · ${milliseconds(performance.now() - started)} · ${size(text.length)}`, grade);
    }
    return result;
  }

  const failure = (message) => ({ errors: [{ message }] });

  function show(text, grade) {
    exchange.textContent = text;
    exchange.dataset.grade = grade;
  }

  const milliseconds = (t) => (t < 10 ? t.toFixed(1) : Math.round(t)) + " ms";
  const size = (n) => (n < 1024 ? `${n} B` : `${(n / 1024).toFixed(1)} KB`);

  const element = React.createElement;
  ReactDOM.createRoot(root).render(
    element(
      GraphiQL,
      {
        fetcher,
        defaultTabs: config.tabs,
        // GraphiQL forgets the variables of the first tab that it opens with. Afterwards it has stored them itself.
        variables: localStorage.getItem("graphiql:tabState") ? undefined : config.tabs[0].variables,
        defaultEditorToolsVisibility: config.tabs.some((t) => t.variables) ? "variables" : undefined,
      },
      // The page has its own logo; this takes the place of GraphiQL's.
      element(GraphiQL.Logo, null, element("span", { className: "hint" }, "Ctrl-Enter runs")),
    ),
  );
})();
