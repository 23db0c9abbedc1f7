// Loaded into Ghost's process before Ghost: what it asks of GitHub's API, it asks of a server of the test.
import http from "node:http";
import https from "node:https";

const { request } = https;

https.request = (url, options, answered) => {
  if (!(url instanceof URL) || url.hostname !== "api.github.com") return request(url, options, answered);
  const there = new URL(url.pathname + url.search, process.env.GITHUB_API);
  // what concerns TLS is no matter without it
  return http.request(there, { ...options, agent: undefined, createConnection: undefined }, answered);
};
