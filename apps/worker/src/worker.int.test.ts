import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, serveBroker, type ServedBroker } from '@millrace/broker';
import { workerSuite } from './testdata/worker-suite.ts';

const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger });
let served: ServedBroker | undefined;

workerSuite(
  'the embedded broker',
  async () => {
    served = await serveBroker(broker);
    return `${served.address.host}:${served.address.port}`;
  },
  async () => {
    await served?.close();
    broker.close();
  },
);
