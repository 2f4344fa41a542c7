"use strict";
// Calls node-zendesk as each line of standard input says, [service, method, arguments], and
// answers with a line: {value} as the client returned it, or {error} as it threw it.
const readline = require("node:readline");
const { createClient } = require("node-zendesk");

const client = createClient({
  endpointUri: `${process.env.ZENDESK_URL}/api/v2`,
  username: process.env.ZENDESK_USER,
  token: process.env.ZENDESK_TOKEN,
});

async function answer([service, method, given]) {
  try {
    return { value: await client[service][method](...given) };
  } catch (error) {
    return { error: error.message };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
})();
