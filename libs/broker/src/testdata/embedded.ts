/** Conversations with an embedded broker in virtual time. */
import { seededRandom, silentLogger } from '@millrace/base';
import { Broker } from '../broker.ts';
import type { BrokerLimits } from '../broker-options.ts';
import { inProcessTransport } from '../in-process-transport.ts';
import { VirtualClock } from '@millrace/testing/virtual-clock';
import { Wire } from './wire.ts';

export interface Embedded {
  readonly broker: Broker;
  readonly clock: VirtualClock;
  readonly wire: Wire;
}

export async function embedded(limits: Partial<BrokerLimits> = {}): Promise<Embedded> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const broker = new Broker({ clock, random, logger: silentLogger, ...limits });
  const address = { host: 'broker', port: 9092 };
  const wire = await Wire.open({ transport: inProcessTransport(broker), address, clock, random });
  return { broker, clock, wire };
}

/** Plays a conversation on a broker of its own. */
export async function talk<T>(conversation: (wire: Wire, broker: Broker) => Promise<T>, limits: Partial<BrokerLimits> = {}): Promise<T> {
  const { broker, clock, wire } = await embedded(limits);
  try {
    return await clock.until(conversation(wire, broker));
  } finally {
    broker.close();
  }
}
