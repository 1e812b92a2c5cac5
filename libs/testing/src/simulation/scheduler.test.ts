import { describe, expect, test } from '@jest/globals';
import { Host } from './host.ts';
import { Scheduler } from './scheduler.ts';

const limits = { timeMs: 1_000_000, events: 10_000 };

describe('Scheduler', () => {
  test('runs events by time, and by insertion within one time', async () => {
    const scheduler = new Scheduler();
    const ran: string[] = [];
    for (const [delay, name] of [
      [5, 'c'],
      [1, 'a'],
      [5, 'd'],
      [1, 'b'],
      [0, '0'],
    ] as const)
      // prettier-ignore
      scheduler.after(delay, undefined, () => ran.push(name));
    expect(await scheduler.run(() => false, limits)).toBe('nothingLeft');
    expect(ran.join('')).toBe('0abcd');
    expect(scheduler.nowMs).toBe(5);
  });

  test('finishes every microtask of an event before the next one', async () => {
    const scheduler = new Scheduler();
    const ran: string[] = [];
    scheduler.after(1, undefined, () => {
      void (async () => {
        for (let i = 0; i < 100; i++) await undefined;
        ran.push('chain');
      })();
    });
    scheduler.after(1, undefined, () => ran.push('next'));
    await scheduler.run(() => false, limits);
    expect(ran).toEqual(['chain', 'next']);
  });

  test('does not run a cancelled event', async () => {
    const scheduler = new Scheduler();
    const timer = scheduler.after(1, undefined, () => expect(true).toBe(false));
    timer.cancel();
    expect(await scheduler.run(() => false, limits)).toBe('nothingLeft');
  });

  test('stops at the condition, the time limit and the event limit', async () => {
    const scheduler = new Scheduler();
    let count = 0;
    const tick = (): void => {
      count++;
      scheduler.after(10, undefined, tick);
    };
    tick();
    expect(await scheduler.run(() => count === 3, limits)).toBe('done');
    expect(await scheduler.run(() => false, { timeMs: 100, events: 10_000 })).toBe('timeLimit');
    expect(count).toBe(11);
    expect(await scheduler.run(() => false, { timeMs: 1_000_000, events: scheduler.events + 5 })).toBe('eventLimit');
  });
});

describe('Host', () => {
  test('runs nothing any more once it has crashed', async () => {
    const scheduler = new Scheduler();
    const host = new Host('worker', scheduler);
    let woke = false;
    void host.clock.sleep(10).then(() => (woke = true));
    scheduler.after(5, undefined, () => host.crash());
    await scheduler.run(() => false, limits);
    expect(woke).toBe(false);
  });

  test('runs what fell into a pause when it goes on, in the old order', async () => {
    const scheduler = new Scheduler();
    const host = new Host('worker', scheduler);
    const ran: string[] = [];
    for (const at of [10, 20, 60]) host.clock.setTimer(at, () => ran.push(`${at}@${host.clock.monotonic()}`));
    scheduler.after(5, undefined, () => host.pause(45));
    await scheduler.run(() => false, limits);
    expect(ran).toEqual(['10@50', '20@50', '60@60']);
  });

  test('ends a sleep early by its signal', async () => {
    const scheduler = new Scheduler();
    const { clock } = new Host('worker', scheduler);
    const abort = new AbortController();
    let wokeAt = -1;
    void clock.sleep(1_000, abort.signal).then(() => (wokeAt = clock.monotonic()));
    clock.setTimer(3, () => abort.abort());
    await scheduler.run(() => false, limits);
    expect(wokeAt).toBe(3);
  });
});
