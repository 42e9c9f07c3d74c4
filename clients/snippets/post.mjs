const post = @POST@;

const answer = await fetch("@ADDRESS@/posts", {
  method: "POST",
  headers: {
    Authorization: "Bearer @KEY@",
    "Content-Type": "application/json",
  },
  body: JSON.stringify(post),
  signal: AbortSignal.timeout(20_000),
});
// Not ok: a problem document; branch on its code.
console.log(await answer.text());
if (!answer.ok) process.exit(1);
