/** An embedded broker in a process of its own, so that its work is in nobody's figures. Tells its parent the address; ends with it. */
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, serveBroker } from '@millrace/broker';

const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger });
const { address } = await serveBroker(broker);
process.on('disconnect', () => process.exit(0));
process.send?.(`${address.host}:${address.port}`);
