export { consoleLogger, type ConsoleLoggerOptions } from './console-logger.ts';
export type { Health, Hosted, Metric, MetricSample } from './hosted.ts';
export { exitCodes, exitWith, listen, runService, type ServiceOptions } from './host.ts';
export { prometheusText } from './prometheus.ts';
export { EnvReader, readServiceSettings, type ServiceSettings, type SettingFault } from './service-env.ts';
