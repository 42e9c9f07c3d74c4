const ping = @PING@;

const answer = await fetch("@ADDRESS@/pings", {
  method: "POST",
  headers: {
    Authorization: "Bearer @KEY@",
    "Content-Type": "application/json",
  },
  body: JSON.stringify(ping),
  signal: AbortSignal.timeout(10_000),
});
// Not ok: a problem document; branch on its code.
console.log(await answer.text());
if (!answer.ok) process.exit(1);
