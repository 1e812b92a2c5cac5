import type { Metric } from './hosted.ts';

/** What Prometheus' client libraries say of every process, under their names. */
export function processMetrics(): readonly Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    family('process_cpu_seconds_total', 'CPU time, user and system.', 'counter', (user + system) / 1_000_000),
    family('process_resident_memory_bytes', 'Resident memory.', 'gauge', rss),
    family('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', 'gauge', heapUsed),
    family('process_start_time_seconds', 'Start, in seconds since the epoch.', 'gauge', performance.timeOrigin / 1_000),
  ];
}

function family(name: string, help: string, type: Metric['type'], value: number): Metric {
  return { name, help, type, samples: [{ value }] };
}
