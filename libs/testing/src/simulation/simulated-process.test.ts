import { describe, expect, test } from '@jest/globals';
import type { StateEngines } from '@millrace/ports';
import { RandomStreams } from './random-streams.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedProcess, type Incarnation, type RunningProgram } from './simulated-process.ts';
import { Trace } from './trace.ts';

const limits = { timeMs: 100_000, events: 1_000 };

function world(program: (incarnation: Incarnation) => RunningProgram) {
  const scheduler = new Scheduler();
  const launched: string[] = [];
  const disks: { crashes: number }[] = [];
  const failures: unknown[] = [];
  const process = new SimulatedProcess({
    name: 'worker',
    scheduler,
    streams: new RandomStreams(1),
    trace: new Trace({ keepLines: false }),
    diskRates: { latencyMs: 0, slowShare: 0 },
    newDisk: () => {
      const disk = { crashes: 0 };
      disks.push(disk);
      return { engines: {} as StateEngines, crash: () => disk.crashes++ };
    },
    launch: (incarnation) => {
      launched.push(incarnation.host.name);
      return program(incarnation);
    },
    onEnd: () => undefined,
    onFailure: (_process, error) => failures.push(error),
  });
  return { scheduler, process, launched, disks, failures, run: () => scheduler.run(() => false, limits) };
}

const idle: RunningProgram = { start: async () => undefined, stop: async () => undefined };

describe('SimulatedProcess', () => {
  test('is a new host at each start, over the disk that a crash kept', () => {
    const { process, launched, disks } = world(() => idle);
    process.start();
    process.start();
    process.crash('kept');
    process.start();
    expect(launched).toEqual(['worker#1', 'worker#2']);
    expect(disks).toEqual([{ crashes: 1 }]);
  });

  test('gets an empty disk when a crash lost the old one', () => {
    const { process, disks } = world(() => idle);
    process.start();
    process.crash('lost');
    process.start();
    expect(disks).toHaveLength(2);
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
