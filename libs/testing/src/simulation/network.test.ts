import { describe, expect, test } from '@jest/globals';
import type { Connection } from '@millrace/ports';
import { Host } from './host.ts';
import { SimulatedNetwork, type NetworkRates } from './network.ts';
import { RandomStreams } from './random-streams.ts';
import { Scheduler } from './scheduler.ts';
import { Trace } from './trace.ts';

const limits = { timeMs: 60_000, events: 100_000 };
const fine: NetworkRates = { latencyMs: 5, slowShare: 0, slowMs: 0, lostReplyShare: 0, lostRequestShare: 0 };

/** A server that echoes, and one client. */
function echo(rates: NetworkRates = fine, seed = 1) {
  const scheduler = new Scheduler();
  const trace = new Trace({ keepLines: false });
  const network = new SimulatedNetwork(scheduler, new RandomStreams(seed), trace, rates);
  const server = new Host('broker', scheduler);
  const client = new Host('client', scheduler);
  const served: string[] = [];
  let serverClosed = 0;
  const listen = (): void =>
    network.listen(server, (send) => ({
      receive: (bytes) => {
        served.push(bytes.toString());
        send(bytes);
      },
      closed: () => serverClosed++,
    }));
  listen();
  const heard: string[] = [];
  const closes: (string | undefined)[] = [];
  const transport = network.transport(client, 'client', { faulty: true });
  const connect = (): Promise<Connection> =>
    transport.connect(
      { host: 'broker', port: 9092 },
      {
        onData: (chunk) => heard.push(chunk.toString()),
        onClose: (error) => closes.push(error && (error as Error & { code: string }).code),
      },
    );
  const run = (): Promise<string> => scheduler.run(() => false, limits);
  return {
    scheduler,
    network,
    client,
    trace,
    served,
    heard,
    closes,
    connect,
    run,
    listen,
    closedAtServer: () => serverClosed,
  };
}

async function connected(world: ReturnType<typeof echo>): Promise<Connection> {
  let connection: Connection | undefined;
  void world.connect().then((made) => (connection = made));
  await world.scheduler.run(() => connection !== undefined, limits);
  return connection!;
}

describe('SimulatedNetwork', () => {
  test('delivers bytes in order, both ways', async () => {
    const world = echo();
    const connection = await connected(world);
    const sent = Array.from({ length: 200 }, (_, i) => `<${i}>`);
    for (const text of sent) connection.write([Buffer.from(text)]);
    await world.run();
    expect(world.served.join('')).toBe(sent.join(''));
    expect(world.heard.join('')).toBe(sent.join(''));
    expect(world.served.length).toBeGreaterThan(200);
  });

  test('copies what it carries', async () => {
    const world = echo();
    const connection = await connected(world);
    const bytes = Buffer.from('before');
    connection.write([bytes]);
    bytes.fill('x');
    await world.run();
    expect(world.heard.join('')).toBe('before');
  });

  test('holds bytes during a cut of one direction and delivers them afterwards', async () => {
    const world = echo();
    const connection = await connected(world);
    world.network.cut('client', 'fromServer', 3_000);
    connection.write([Buffer.from('late')]);
    await world.scheduler.run(() => world.served.length > 0, limits);
    expect(world.scheduler.nowMs).toBeLessThan(100);
    await world.run();
    expect(world.heard.join('')).toBe('late');
    expect(world.scheduler.nowMs).toBeGreaterThanOrEqual(3_000);
  });

  test('delivers a request whose client gave up during a cut, then the end', async () => {
    const world = echo();
    const connection = await connected(world);
    world.network.cut('client', 'toServer', 4_000);
    connection.write([Buffer.from('stale')]);
    world.client.clock.setTimer(1_000, () => connection.close());
    await world.run();
    expect(world.served.join('')).toBe('stale');
    expect(world.heard).toEqual([]);
    expect(world.closes).toEqual([undefined]);
    expect(world.closedAtServer()).toBe(1);
  });

  test('loses a reply and the connection with it, once the request was carried out', async () => {
    const world = echo({ ...fine, lostReplyShare: 1 });
    const connection = await connected(world);
    connection.write([Buffer.from('request')]);
    await world.run();
    expect(world.served.join('')).toContain('r');
    expect(world.heard).toEqual([]);
    expect(world.closes).toEqual(['ECONNRESET']);
  });

  test('loses a request and the connection with it, and the server sees the end only', async () => {
    const world = echo({ ...fine, lostRequestShare: 1 });
    const connection = await connected(world);
    connection.write([Buffer.from('request')]);
    await world.run();
    expect([world.served, world.heard, world.closes]).toEqual([[], [], ['ECONNRESET']]);
    expect(world.closedAtServer()).toBe(1);
  });

  test.each([true, false])('resets a host with requests arriving: %s', async (requestsArrive) => {
    const world = echo();
    const connection = await connected(world);
    connection.write([Buffer.from('request')]);
    world.network.reset(world.client, requestsArrive);
    await world.run();
    expect(world.served.join('')).toBe(requestsArrive ? 'request' : '');
    expect(world.closes).toEqual(['ECONNRESET']);
    expect(world.closedAtServer()).toBe(1);
  });

  test('refuses connections while the server is down, breaks the open ones, and accepts when it is up again', async () => {
    const world = echo();
    await connected(world);
    world.network.stopListening();
    let refused = '';
    void world.connect().catch((error: { code: string }) => (refused = error.code));
    await world.run();
    expect(refused).toBe('ECONNREFUSED');
    expect(world.closes).toEqual(['ECONNRESET']);
    world.listen();
    expect(await connected(world)).toBeDefined();
  });

  test('gives the same trace for the same seed and another for another seed', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      const world = echo({ ...fine, slowShare: 0.1, slowMs: 500 }, seed);
      const connection = await connected(world);
      for (let i = 0; i < 50; i++) connection.write([Buffer.from(`message ${i}`)]);
      await world.run();
      return world.trace.hash;
    };
    expect(await hashOf(5)).toBe(await hashOf(5));
    expect(await hashOf(6)).not.toBe(await hashOf(5));
  });
});
