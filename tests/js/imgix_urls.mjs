// Builds URLs with the official library from a JSON list on standard input, and prints them as a JSON list.
// Each order: {kind: "url" | "srcset", domain, token, path, params, options, srcset}.
import { readFileSync } from "node:fs";
import ImgixClient from "@imgix/js-core";

const orders = JSON.parse(readFileSync(0, "utf8"));
const built = orders.map(({ kind, domain, token, path, params, options = {}, srcset = {} }) => {
  const client = new ImgixClient({ domain, secureURLToken: token ?? undefined });
  return kind === "srcset"
    ? client.buildSrcSet(path, params, { ...srcset, ...options })
    : client.buildURL(path, params, options);
});
process.stdout.write(JSON.stringify(built));
