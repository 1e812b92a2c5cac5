/** What the sink needs of a CQL driver. Values are those of `CellValue`, timestamps as Date, and absent ones undefined (UNSET, no tombstone). */
export interface CqlSession {
  /** May be called again after it rejected. */
  connect(): Promise<void>;
  /** One statement. */
  execute(statement: string, values: readonly CqlValue[], options?: ExecuteOptions): Promise<readonly CqlRow[]>;
  /** Writes of one partition in an UNLOGGED batch: one mutation on each replica. */
  batch(statements: readonly BoundStatement[]): Promise<void>;
  close(): Promise<void>;
}

export type CqlValue = string | number | bigint | boolean | Uint8Array | Date | undefined;

export type CqlRow = Readonly<Record<string, unknown>>;

export interface BoundStatement {
  readonly statement: string;
  readonly values: readonly CqlValue[];
}

export interface ExecuteOptions {
  /** Schema statements are not prepared. */
  readonly isSchema?: boolean;
}
