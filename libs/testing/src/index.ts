export { committedLog, type CommittedLog, type CommittedRecord } from './simulation/committed-log.ts';
export type { DiskRates } from './simulation/disk.ts';
export type { Fault, FaultType } from './simulation/fault.ts';
export { simulationEpochMs } from './simulation/host.ts';
export type { Direction, NetworkRates } from './simulation/network.ts';
export { poisonAmbient } from './simulation/poison.ts';
export { RandomStreams } from './simulation/random-streams.ts';
export type { RunEnd } from './simulation/scheduler.ts';
export type { RunningProgram, SimulatedDiskBelow } from './simulation/simulated-process.ts';
