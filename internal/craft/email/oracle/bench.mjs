// Renders the MJML on standard input in this process, as often as the first
// argument says, and prints the microseconds of one rendering: the least of five
// rounds, after one to warm up.
import { readFileSync } from 'node:fs';
import mjml from 'mjml';

const source = readFileSync(0, 'utf8');
const times = Number(process.argv[2] || 20);
let least = Infinity;
for (let round = 0; round < 6; round++) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) await mjml(source, { validationLevel: 'skip' });
  const each = Number(process.hrtime.bigint() - start) / 1000 / times;
  if (round > 0 && each < least) least = each;
}
console.log(least.toFixed(1));
