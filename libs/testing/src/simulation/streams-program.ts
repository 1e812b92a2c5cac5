/** An application of Kafka Streams as what runs in a simulated worker. */
import type { RunningProgram } from './simulated-process.ts';
import type { WorkerPorts } from './world.ts';

/** What of an application a worker needs; the kit does not import the runtime. */
export interface Application {
  readonly failure: unknown;
  onStateChange(listener: (state: string) => void): void;
  start(): Promise<void>;
  close(options: { readonly timeoutMs: number }): Promise<void>;
}

/** How long a clean stop may take. */
const stopMs = 20_000;

export function streamsProgram(ports: WorkerPorts, make: () => Promise<Application>): RunningProgram {
  let application: Application | undefined;
  let isStopping = false;
  return {
    start: async () => {
      const made = await make();
      if (isStopping) return;
      application = made;
      made.onStateChange((state) => {
        if (state === 'ERROR') ports.failed(made.failure);
      });
      await made.start();
    },
    stop: async () => {
      isStopping = true;
      await application?.close({ timeoutMs: stopMs });
    },
  };
}
