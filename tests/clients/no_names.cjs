// Loaded into a program for Node before its own code: no name but localhost is found. Those that it looks up are
// written to the file NAMES_LOOKED_UP.
const { appendFileSync } = require("node:fs");
const dns = require("node:dns");

const { lookup } = dns;

dns.lookup = (name, ...rest) => {
  if (name === "localhost") return lookup(name, ...rest);
  appendFileSync(process.env.NAMES_LOOKED_UP, `${name}\n`);
  process.nextTick(rest.at(-1), Object.assign(new Error(`${name} is not looked up`), { code: "ENOTFOUND" }));
};
