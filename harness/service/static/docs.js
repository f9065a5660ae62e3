// The OpenAPI document as a page, without any library from elsewhere.
const resolved = (spec, schema) => (schema && schema.$ref ? schema.$ref.split("/").slice(1).reduce((at, name) => at[name], spec) : schema || {});
const kind = (spec, given) => {
  const schema = resolved(spec, given);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((one) => kind(spec, one)).join(" | ");
  return schema.contentMediaType || schema.format === "binary" ? "file" : schema.type || "object";
};

function fields(spec, work) {
  const rows = list(work.parameters).map((one) => [one.name, one.in, kind(spec, one.schema), one.required, one.description]);
  for (const [type, content] of Object.entries(record(record(work.requestBody).content))) {
    const schema = resolved(spec, content.schema), needed = list(schema.required);
    for (const [name, one] of Object.entries(record(schema.properties))) rows.push([name, type, kind(spec, one), needed.includes(name), one.description]);
  }
  return rows.length ? h("div", { class: "wide" }, h("table", {}, h("tbody", {}, rows.map(([name, where, type, needed, text]) =>
    h("tr", {}, h("td", {}, h("code", {}, name), needed ? " *" : ""), h("td", {}, where), h("td", {}, type), h("td", {}, text || "")))))) : null;
}

function example(path, verb, work) {
  const form = record(record(work.requestBody).content)["multipart/form-data"];
  return `curl ${verb === "get" ? "" : `-X ${verb.toUpperCase()} `}${form ? "-F file=@clip.mp4 " : ""}${location.origin}${path}`;
}

fetch("/openapi.json").then((answer) => answer.json()).then((spec) => {
  byId("title").textContent = spec.info.title;
  document.documentElement.dataset.theme = state.theme;
  const works = Object.entries(spec.paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, work]) => [path, verb, work]));
  byId("main").replaceChildren(h("section", { class: "card" }, h("p", {}, spec.info.description)), ...works.map(([path, verb, work]) =>
    h("section", { class: "card" }, h("h2", {}, h("span", { class: "verb" }, verb.toUpperCase()), h("code", {}, path)), h("p", {}, h("b", {}, work.summary || "")),
      h("p", {}, work.description || ""), fields(spec, work), h("pre", {}, example(path, verb, work)),
      h("p", { class: "muted" }, Object.entries(work.responses).map(([code, said]) => `${code} ${said.description}`).join(" · ")))));
});
