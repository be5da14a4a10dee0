// Reads lines of {"name", "mjml"} and writes them with what the reference makes
// of each: "html", and "errors", the number of its validator's complaints.
import { createInterface } from 'node:readline';
import mjml from 'mjml';

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  try {
    const { html, errors } = await mjml(one.mjml, { validationLevel: 'soft' });
    one.html = html;
    one.errors = errors.length;
  } catch (e) {
    one.html = '';
    one.errors = 1;
  }
  if (!process.stdout.write(JSON.stringify(one) + '\n')) {
    await new Promise((drained) => process.stdout.once('drain', drained));
  }
}
