// The parts of dynalite 4.0, which is untyped, that the DynamoDB door stands on.

declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: {
    /** folder of the database; in memory without it */
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}

declare module 'dynalite/db/index.js' {
  const engine: {
    checkConditional: (
      request: Readonly<Record<string, unknown>>,
      existing: object | undefined,
    ) => { body: Record<string, unknown> } | null | undefined;
  };
  export default engine;
}

declare module 'dynalite/db/conditionParser.js' {
  const parser: { parse: (expression: string, options: { readonly context: object }) => unknown };
  export default parser;
}

declare module 'dynalite/db/updateParser.js' {
  const parser: { parse: (expression: string, options: { readonly context: object }) => unknown };
  export default parser;
}

declare module 'dynalite/validations/*' {
  const validation: { types: Record<string, unknown> };
  export default validation;
}
