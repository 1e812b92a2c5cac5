import { millraceError, type LogLevel } from '@millrace/base';

/** Settings that every container has, whatever it hosts. */
export interface ServiceSettings {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly shutdownTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
}

type Env = Readonly<Record<string, string | undefined>>;

/** One wrong or missing setting. */
export interface SettingFault {
  readonly name: string;
  readonly problem: string;
}

/** Reads settings and collects faults, so that all of them are reported at once. */
export class EnvReader {
  readonly faults: SettingFault[] = [];
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  text(name: string, fallback: string): string {
    return this.#env[name] || fallback;
  }

  required(name: string, example: string): string {
    const value = this.#env[name];
    if (!value) this.faults.push({ name, problem: `is not set; give for instance ${name}=${example}` });
    return value ?? '';
  }

  integer(name: string, range: { readonly min: number; readonly max: number; readonly fallback: number }): number {
    const text = this.#env[name];
    if (!text) return range.fallback;
    const value = Number(text);
    if (!Number.isInteger(value) || value < range.min || value > range.max) {
      this.faults.push({ name, problem: `is '${text}'; expected an integer from ${range.min} to ${range.max}` });
    }
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.#env[name] || fallback;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.faults.push({ name, problem: `is '${text}'; expected one of ${choices.join(', ')}` });
    return found ?? fallback;
  }

  /** The value, or the text of the file that NAME_FILE points to: how secrets reach a container. */
  secret(name: string, readFile: (path: string) => string): string | undefined {
    const file = this.#env[`${name}_FILE`];
    if (!file) return this.#env[name] || undefined;
    try {
      return readFile(file).trim();
    } catch {
      this.faults.push({ name: `${name}_FILE`, problem: `points to '${file}', which cannot be read` });
      return undefined;
    }
  }

  /** Throws MR_CONFIG_ENV with every fault, if there is one. */
  finish(): void {
    if (this.faults.length > 0) throw millraceError('MR_CONFIG_ENV', { faults: this.faults });
  }
}

export function readServiceSettings(reader: EnvReader): ServiceSettings {
  return {
    httpHost: reader.text('HTTP_HOST', '127.0.0.1'),
    httpPort: reader.integer('HTTP_PORT', { min: 0, max: 65_535, fallback: 8080 }),
    shutdownTimeoutMs: reader.integer('SHUTDOWN_TIMEOUT_MS', { min: 0, max: 600_000, fallback: 25_000 }),
    logLevel: reader.choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
    logFormat: reader.choice('LOG_FORMAT', ['json', 'text'], 'text'),
  };
}
