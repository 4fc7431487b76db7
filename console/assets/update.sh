#!/bin/sh
# Fetches the libraries of the playground from npm, and puts them here compressed, with their licences.
#
#   ./update.sh            needs npm, perl and gzip
#
# To take other versions, change them here, run this, look at the page in a browser and commit the result. GraphiQL 4 is
# the last one that needs no build step. Its embedded fonts, six sevenths of its style sheet, are left out: the page uses
# those of the reader's system.
set -eu
graphiql=4.1.2
react=18.3.1

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in "graphiql@$graphiql" "react@$react" "react-dom@$react"; do
	npm pack --silent "$package" >/dev/null
done
for archive in *.tgz; do
	mkdir "${archive%.tgz}"
	tar xzf "$archive" -C "${archive%.tgz}" --strip-components 1
done

out=$here/vendor
mkdir -p "$out"
pack() { # file name: without the pointer to a source map, which is not served
	perl -0pe 's{\n?//# sourceMappingURL=\S+}{}g' "$1" | gzip -9n >"$out/$2.gz"
}
perl -0pi -e 's/\@font-face\s*\{[^}]*\}//g' "graphiql-$graphiql/graphiql.min.css"
pack "graphiql-$graphiql/graphiql.min.js" graphiql.js
pack "graphiql-$graphiql/graphiql.min.css" graphiql.css
pack "react-$react/umd/react.production.min.js" react.js
pack "react-dom-$react/umd/react-dom.production.min.js" react-dom.js
cp "graphiql-$graphiql/LICENSE" "$out/graphiql.LICENSE"
cp "react-$react/LICENSE" "$out/react.LICENSE" # that of react-dom is the same
cmp "react-$react/LICENSE" "react-dom-$react/LICENSE"
cd "$out"
sha256sum *.gz >checksums.txt
printf 'graphiql %s, react and react-dom %s (MIT)\n' "$graphiql" "$react" >versions.txt
