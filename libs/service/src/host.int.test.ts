import { expect, test } from '@jest/globals';
import { silentLogger } from '@millrace/base';
import type { Hosted } from './hosted.ts';
import { listen } from './host.ts';

function hosted(ready: boolean): Hosted {
  return {
    live: () => ({ ok: true }),
    ready: () => (ready ? { ok: true } : { ok: false, reason: 'restoring' }),
    metrics: () => [{ name: 'millrace_up', help: 'Up.', type: 'gauge', samples: [{ value: 1 }] }],
    close: () => Promise.resolve(),
    failed: new Promise(() => undefined),
  };
}

const settings = {
  httpHost: '127.0.0.1',
  httpPort: 0,
  shutdownTimeoutMs: 1_000,
  logLevel: 'error',
  logFormat: 'text',
} as const;

test.each([
  [true, 200],
  [false, 503],
])('ready %p is answered with %p, live and metrics stay open', async (ready, status) => {
  const http = await listen(hosted(ready), settings, silentLogger);
  try {
    const get = (path: string): Promise<Response> => fetch(`http://${http.address}${path}`);
    const answer = await get('/health/ready');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject(
      ready ? { status: 'ok' } : { status: 'unavailable', reason: 'restoring' },
    );
    expect((await get('/health/live')).status).toBe(200);
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    expect(await metrics.text()).toContain('millrace_up 1\n');
  } finally {
    await http.close();
  }
});
