/** The embedded broker in a process of its own, so that its work is not counted. Tells its port to the parent, ends with it. */
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, serveBroker } from '@millrace/broker';

const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger });
const { address } = await serveBroker(broker);
process.send?.(`${address.host}:${address.port}`);
process.on('disconnect', () => process.exit(0));
