/** The other end of `Contestant`: contestant-process NAME BOOTSTRAP. */
import { contestant, type ClientName, type ClientWork } from './client-contestants.ts';

const [name, bootstrap] = process.argv.slice(2) as [ClientName, string];
const run = contestant(name, bootstrap);

process.on('message', (work: ClientWork) => {
  run(work).then(
    (seconds) => process.send?.({ seconds }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
