// Take only the webhooks that the exchange signed: PORT=8000 node webhook.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from("@SECRET@".replace(/^whsec_/, ""), "base64");

function signed(headers, body) {
  const stamp = headers["webhook-timestamp"];
  const hmac = createHmac("sha256", key).update(`${headers["webhook-id"]}.${stamp}.`);
  const wanted = Buffer.from(`v1,${hmac.update(body).digest("base64")}`);
  const fresh = Math.abs(Date.now() / 1000 - Number(stamp)) <= 300;
  return fresh && (headers["webhook-signature"] ?? "").split(" ").some((text) => {
    const given = Buffer.from(text);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const genuine = signed(request.headers, body);
  // The same webhook-id may come twice: act once.
  if (genuine) console.log(JSON.parse(body).type, request.headers["webhook-id"]);
  response.writeHead(genuine ? 204 : 400).end();
}).listen(process.env.PORT ?? 8000, "127.0.0.1");
