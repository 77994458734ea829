// usage: node make_container.js PORT ACCOUNT KEY CONTAINER
// Makes a container by a request signed with the key of the account.
const crypto = require("crypto");
const http = require("http");

const [port, account, key, container] = process.argv.slice(2);
const path = `/${account}/${container}`;
const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-12-02" };
const toSign = [
  "PUT", "", "", "", "", "", "", "", "", "", "", "",
  ...Object.keys(headers).sort().map((name) => `${name}:${headers[name]}`),
  `/${account}${path}`,
  "restype:container",
].join("\n");
const signature = crypto.createHmac("sha256", Buffer.from(key, "base64")).update(toSign, "utf8").digest("base64");
const request = http.request(
  { host: "127.0.0.1", port, method: "PUT", path: `${path}?restype=container`,
    headers: { ...headers, "Content-Length": 0, Authorization: `SharedKey ${account}:${signature}` } },
  (answer) => {
    answer.pipe(process.stderr);
    answer.on("end", () => process.exit(answer.statusCode === 201 ? 0 : 1));
  },
);
request.on("error", (error) => { console.error(error); process.exit(1); });
request.end();
