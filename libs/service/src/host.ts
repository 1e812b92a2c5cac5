import 'reflect-metadata';
import { MillraceError, millraceError, type Logger } from '@millrace/base';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { consoleLogger } from './console-logger.ts';
import type { Hosted } from './hosted.ts';
import { nestLogger } from './nest-logger.ts';
import { EnvReader, readServiceSettings, type ServiceSettings } from './service-env.ts';
import { ServiceModule } from './service.module.ts';

/** Exit codes of a container. After `user` a restart changes nothing: a person has to correct what the error names. */
export const exitCodes = { done: 0, failed: 1, user: 2 } as const;

export interface ServiceOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads its own settings with `reader` (call `reader.finish()` before starting anything) and starts the work. */
  start(reader: EnvReader, logger: Logger): Promise<Hosted>;
}

/**
 * Runs a container's process: settings checked at once, work started, HTTP opened, SIGTERM and SIGINT drained.
 * Exit codes: 0 after a drain, 2 for wrong settings (all listed) and other user errors, 1 for failures. A second signal ends at once.
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const reader = new EnvReader(options.env);
  const settings = readServiceSettings(reader);
  const logger = consoleLogger({ level: settings.logLevel, format: settings.logFormat });
  process.on('unhandledRejection', (error) => exitWith(error, logger));
  process.on('uncaughtException', (error) => exitWith(error, logger));
  try {
    const signal = firstSignal();
    const hosted = await options.start(reader, logger);
    const http = await listen(hosted, settings, logger).catch(async (error: unknown) => {
      await hosted.close(settings.shutdownTimeoutMs);
      throw error;
    });
    logger.log('info', `${options.name} is running`, { http: http.address });
    const ended = await Promise.race([signal, hosted.failed]);
    await drain({ ended, hosted, http, settings, logger, name: options.name });
  } catch (error) {
    exitWith(error, logger);
  }
}

/** Opens the HTTP side; `address` tells the port when 0 was asked for. */
export async function listen(
  hosted: Hosted,
  settings: ServiceSettings,
  logger: Logger,
): Promise<{ address: string; close(): Promise<void> }> {
  const app = await NestFactory.create(ServiceModule.around(hosted), {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const { httpHost, httpPort } = settings;
  await app.listen(httpPort, httpHost).catch((error: NodeJS.ErrnoException) => {
    throw millraceError('MR_CONFIG_HTTP_ADDRESS', { httpHost, httpPort, problem: error.code ?? error.message }, error);
  });
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { address: `${httpHost}:${port}`, close: () => app.close() };
}

/** Of the time-out: what is left then is for closing what did not drain. */
const drainShare = 0.9;

interface Ending {
  readonly ended: string | Error;
  readonly hosted: Hosted;
  readonly http: { close(): Promise<void> };
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  readonly name: string;
}

async function drain({ ended, hosted, http, settings, logger, name }: Ending): Promise<void> {
  if (typeof ended === 'string') logger.log('info', `${name} got ${ended} and is draining`);
  const forced = setTimeout(() => {
    logger.log('error', `${name} did not drain in time`, { timeoutMs: settings.shutdownTimeoutMs });
    process.exit(exitCodes.failed);
  }, settings.shutdownTimeoutMs);
  await hosted.close(settings.shutdownTimeoutMs * drainShare);
  await http.close();
  clearTimeout(forced);
  if (typeof ended !== 'string') exitWith(ended, logger);
  logger.log('info', `${name} has stopped`);
  process.exit(exitCodes.done);
}

/** Resolves with the first SIGTERM or SIGINT; the second one ends the process at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let seen = false;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (seen) process.exit(exitCodes.failed);
        seen = true;
        resolve(name);
      });
    }
  });
}

/** Says what happened, where, and what to do; then ends. */
export function exitWith(error: unknown, logger: Logger): never {
  const known = MillraceError.is(error);
  logger.log('error', error instanceof Error ? error.message : String(error), {
    ...(known
      ? { code: error.code, remedy: error.remedy }
      : { stack: error instanceof Error ? error.stack : undefined }),
  });
  process.exit(known && error.severity === 'user' ? exitCodes.user : exitCodes.failed);
}
