// Has a process read its wall clock from a file (movable-clock.ts).
import { readFileSync } from 'node:fs';

const everyMs = 20;
const file = process.env.MOVABLE_CLOCK_FILE;
const RealDate = Date;
const realNow = Date.now.bind(Date);
let offsetMs = 0;

function look() {
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // The tests have ended: the clock stays as it is.
  }
}

if (file !== undefined) {
  look();
  setInterval(look, everyMs).unref();
  const now = () => realNow() + offsetMs;
  RealDate.now = now;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
}
