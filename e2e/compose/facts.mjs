// The routing facts of a supergraph: one line for each thing that a planner reads of it, in a form in which it does not matter
// how the supergraph was printed.
import { parse, print } from "graphql";

const argument = (directive, name) => directive.arguments.find((a) => a.name.value === name)?.value;

function text(value) {
  if (value === undefined || value.kind === "NullValue") return undefined;
  return "value" in value ? value.value : print(value);
}

// A field set without the order of its fields.
function fieldSet(src) {
  if (src === undefined) return undefined;
  const canonical = ({ selections }) =>
    `{ ${selections
      .filter((s) => s.name?.value !== "__typename")
      .map((s) => {
        const below = s.selectionSet ? " " + canonical(s.selectionSet) : "";
        if (s.kind !== "Field") return `... on ${s.typeCondition?.name.value}${below}`;
        const args = s.arguments.map(print).sort().join(", ");
        return s.name.value + (args && `(${args})`) + below;
      })
      .sort()
      .join(" ")} }`;
  return canonical(parse(`{${src}}`).definitions[0].selectionSet);
}

// Scopes and policies without the order of the alternatives and of what is in them.
const alternatives = (value) => value.values.map((set) => set.values.map(text).sort().join("+")).sort().join(" | ");

const defaults = { listSize: { requireOneSlicingArgument: "true" }, deprecated: { reason: '"No longer supported"' } };

export function facts(sdl) {
  const doc = parse(sdl);
  const out = new Set();
  const graphs = {};
  for (const d of doc.definitions) {
    if (d.kind !== "EnumTypeDefinition" || d.name.value !== "join__Graph") continue;
    for (const v of d.values) graphs[v.name.value] = text(argument(v.directives[0], "name"));
  }
  const graph = (d) => graphs[text(argument(d, "graph"))] ?? "no subgraph";

  // Directives that are carried: everything but the machinery of join and link.
  function carried(node, at) {
    for (const d of node.directives) {
      const name = d.name.value;
      if (name === "join__directive") {
        // Connectors are told by the directives of their own.
        if (/^(connect|source|link)$/.test(text(argument(d, "name")))) continue;
        for (const g of argument(d, "graphs").values) out.add(`${at} @${graphs[g.value]} ${text(argument(d, "name"))} ${print(argument(d, "args"))}`);
        continue;
      }
      if (/^(join__|link$)/.test(name)) continue;
      const args = d.arguments
        .filter((a) => a.value.kind !== "NullValue" && defaults[name]?.[a.name.value] !== print(a.value))
        .map((a) => (/^(requiresScopes|policy)$/.test(name) ? alternatives(a.value) : `${a.name.value}: ${print(a.value)}`));
      out.add(`${at} @${name}(${args.sort().join(", ")})`);
    }
  }

  function field(type, f, within) {
    const at = `${type}.${f.name.value}`;
    const declared = print(f.type);
    out.add(`${at}: ${declared}${f.defaultValue ? " = " + print(f.defaultValue) : ""}`);
    carried(f, at);
    for (const a of f.arguments ?? []) {
      out.add(`${at}(${a.name.value}: ${print(a.type)}${a.defaultValue ? " = " + print(a.defaultValue) : ""})`);
      carried(a, `${at}(${a.name.value}:)`);
    }
    const joined = f.directives.filter((d) => d.name.value === "join__field");
    if (joined.length === 0) for (const g of within) out.add(`${at} @${g} ${declared}`);
    for (const d of joined) {
      const parts = [text(argument(d, "type")) ?? declared];
      for (const flag of ["external", "usedOverridden"]) if (text(argument(d, flag)) === true) parts.push(flag);
      for (const set of ["requires", "provides"]) if (argument(d, set)) parts.push(`${set} ${fieldSet(text(argument(d, set)))}`);
      // Overriding from a subgraph that is gone does nothing.
      const from = text(argument(d, "override"));
      if (Object.values(graphs).includes(from)) parts.push(`override ${from}`);
      if (argument(d, "overrideLabel")) parts.push(`overrideLabel ${text(argument(d, "overrideLabel"))}`);
      for (const c of argument(d, "contextArguments")?.values ?? []) {
        parts.push(c.fields.filter((m) => m.name.value !== "selection").map(print).sort().join(", "));
      }
      out.add(`${at} @${graph(d)} ${parts.join("; ")}`);
    }
  }

  for (const d of doc.definitions) {
    if (d.kind === "SchemaDefinition") {
      // Which version of join is linked depends on what the printer needs of it.
      for (const l of d.directives.filter((d) => d.name.value === "link")) {
        const url = text(argument(l, "url"));
        if (!/\/(join|link)\/v/.test(url)) out.add(`link ${url}`);
      }
      continue;
    }
    if (d.kind === "DirectiveDefinition" || d.name.value.includes("__")) continue;
    const type = d.name.value;
    out.add(`${d.kind.replace("TypeDefinition", "")} ${type}`);
    carried(d, type);
    const within = new Set();
    for (const j of d.directives) {
      switch (j.name.value) {
        case "join__type": {
          within.add(graph(j));
          const key = fieldSet(text(argument(j, "key")));
          const parts = [key ? `key ${key}` : "no key"];
          if (text(argument(j, "resolvable")) === false) parts.push("not resolvable");
          if (text(argument(j, "isInterfaceObject")) === true) parts.push("interface object");
          out.add(`${type} @${graph(j)} ${parts.join("; ")}`);
          break;
        }
        case "join__implements":
          out.add(`${type} implements ${text(argument(j, "interface"))} @${graph(j)}`);
          break;
        case "join__unionMember":
          out.add(`${type} = ${text(argument(j, "member"))} @${graph(j)}`);
      }
    }
    for (const i of d.interfaces ?? []) out.add(`${type} implements ${i.name.value}`);
    for (const m of d.types ?? []) out.add(`${type} = ${m.name.value}`);
    for (const v of d.values ?? []) {
      out.add(`${type}.${v.name.value}`);
      carried(v, `${type}.${v.name.value}`);
      for (const j of v.directives) if (j.name.value === "join__enumValue") out.add(`${type}.${v.name.value} @${graph(j)}`);
    }
    for (const f of d.fields ?? []) field(type, f, within);
  }
  return out;
}
