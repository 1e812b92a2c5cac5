import { describe, expect, test } from '@jest/globals';
import { RandomStreams } from './random-streams.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedProcess, type Incarnation, type RunningProgram } from './simulated-process.ts';
import { Trace } from './trace.ts';

const limits = { timeMs: 100_000, events: 1_000 };

function world(program: (incarnation: Incarnation) => RunningProgram) {
  const scheduler = new Scheduler();
  const launched: string[] = [];
  const failures: unknown[] = [];
  const process = new SimulatedProcess({
    name: 'worker',
    scheduler,
    streams: new RandomStreams(1),
    trace: new Trace({ keepLines: false }),
    diskRates: { latencyMs: 0, slowShare: 0 },
    launch: (incarnation) => {
      launched.push(incarnation.host.name);
      return program(incarnation);
    },
    onEnd: () => undefined,
    onFailure: (_process, error) => failures.push(error),
  });
  return { scheduler, process, launched, failures, run: () => scheduler.run(() => false, limits) };
}

const idle: RunningProgram = { start: async () => undefined, stop: async () => undefined };

describe('SimulatedProcess', () => {
  test.each(['kept', 'lost'] as const)('is a new host at each start, over its disk after a crash: %s', async (disk) => {
    const found: string[] = [];
    const { process, launched, run } = world(({ disk: engines, host }) => ({
      ...idle,
      start: async () => {
        // The engine stays open: a crash frees it.
        const engine = await engines.open('task');
        found.push(String(await engine.getSync(Buffer.from('key'))));
        await engine.write({ deleteRanges: [], keys: [Buffer.from('key')], values: [Buffer.from(host.name)] });
      },
    }));
    process.start();
    process.start();
    await run();
    process.crash(disk);
    process.start();
    await run();
    expect(launched).toEqual(['worker#1', 'worker#2']);
    expect(found).toEqual(['undefined', disk === 'kept' ? 'worker#1' : 'undefined']);
  });

  test('loses what a crash finds unwritten', async () => {
    const found: string[] = [];
    const { process, run, scheduler } = world(({ disk: engines }) => ({
      ...idle,
      start: async () => {
        const engine = await engines.open('task');
        found.push(String(engine.getSync(Buffer.from('key'))));
        scheduler.after(0, undefined, () => process.crash('kept'));
        await engine.write({ deleteRanges: [], keys: [Buffer.from('key')], values: [Buffer.from('value')] });
      },
    }));
    process.start();
    await run();
    process.start();
    await run();
    expect(found).toEqual(['undefined', 'undefined']);
  });

  test('runs nothing of a crashed incarnation', async () => {
    let ticks = 0;
    const { process, run } = world(({ host }) => ({
      ...idle,
      start: async () => void host.clock.setTimer(10, () => ticks++),
    }));
    process.start();
    process.crash('kept');
    await run();
    expect(ticks).toBe(0);
  });

  test('is down after a clean stop, and killed when that takes too long', async () => {
    for (const stop of [async () => undefined, () => new Promise<void>(() => undefined)]) {
      const { process, run } = world(() => ({ ...idle, stop }));
      let stopped = 0;
      process.start();
      process.stop(() => stopped++);
      expect(process.state).toBe('stopping');
      await run();
      expect([process.state, stopped]).toEqual(['down', 1]);
    }
  });

  test('tells of a start that failed, and of a failure later, once', async () => {
    const failed = world(({ failed: fail, host }) => ({
      start: async () => {
        host.clock.setTimer(5, () => fail('later'));
      },
      stop: async () => undefined,
    }));
    failed.process.start();
    await failed.run();
    expect([failed.process.state, failed.failures]).toEqual(['down', ['later']]);
    const rejected = world(() => ({ ...idle, start: () => Promise.reject('at start') }));
    rejected.process.start();
    await rejected.run();
    expect(rejected.failures).toEqual(['at start']);
  });
});
