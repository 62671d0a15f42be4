// Lays statements out over policy documents, each no larger than AWS IoT takes.

import type { PolicyStatement } from './device-policy.ts';
import { bytesOf } from './permission.ts';

/**
 * Bytes of a policy document. AWS allows as many characters, white space not counted (AWS General Reference, AWS IoT
 * Core quotas), and does not say whether it means bytes, nor whether white space in a topic counts: however it counts,
 * there are no more than bytes.
 */
export const DOCUMENT_SIZE_LIMIT = 2_048;

/** A part of a statement: the clauses of a document that have effect and actions in common share one. */
export type Clause = {
  readonly effect: PolicyStatement['Effect'];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
};
/** Clauses that have to stand in one document, and where they come from. */
export type Bundle<Source> = { readonly source: Source; readonly clauses: readonly Clause[] };
/** Statements that the first document begins with. */
type Base<Source> = { readonly source: Source; readonly statements: readonly PolicyStatement[] };

export type PolicyText<Source> = {
  readonly json: string;
  /** bytes of UTF-8 */
  readonly size: number;
  /** where each resource comes from: by statement, then by resource */
  readonly sources: readonly (readonly Source[])[];
};

const documentOf = (statements: readonly PolicyStatement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

const statementOf = ({ effect, actions }: Clause, resources: readonly string[]): PolicyStatement => ({
  Effect: effect,
  Action: actions,
  Resource: resources,
});

/** Names the statement that a clause belongs to. */
const keyOf = (clause: Clause): string => JSON.stringify(statementOf(clause, []));

const textOf = <Source>(base: Base<Source>, bundles: readonly Bundle<Source>[]): PolicyText<Source> => {
  const merged = new Map<string, { readonly clause: Clause; readonly sources: Map<string, Source> }>();
  for (const { clauses, source } of bundles)
    for (const clause of clauses) {
      const entry = merged.get(keyOf(clause)) ?? { clause, sources: new Map<string, Source>() };
      merged.set(keyOf(clause), entry);
      for (const resource of clause.resources) if (!entry.sources.has(resource)) entry.sources.set(resource, source);
    }
  const entries = [...merged.values()];
  const statements = entries.map(({ clause, sources }) => statementOf(clause, [...sources.keys()]));
  const json = documentOf([...base.statements, ...statements]);
  return {
    json,
    size: bytesOf(json),
    sources: [...base.statements.map(() => [base.source]), ...entries.map(({ sources }) => [...sources.values()])],
  };
};

/** What a bundle adds to a document that has nothing of it yet: statements and resources, with their sizes. */
const piecesOf = ({ clauses }: Bundle<unknown>): ReadonlyMap<string, number> => {
  const pieces = new Map<string, number>();
  for (const clause of clauses) {
    const key = keyOf(clause);
    // a comma for the statement and one for every resource but the first: as many as there are resources
    pieces.set(key, bytesOf(key));
    for (const resource of clause.resources) pieces.set(`${key} ${resource}`, bytesOf(JSON.stringify(resource)) + 1);
  }
  return pieces;
};

// no statement has a comma ahead, unlike those that are counted
const EMPTY_SIZE = bytesOf(documentOf([])) - 1;

/** Size of the document that holds a bundle and nothing else. */
export const sizeAlone = (bundle: Bundle<unknown>): number =>
  [...piecesOf(bundle).values()].reduce((sum, size) => sum + size, EMPTY_SIZE);

/**
 * Puts each bundle, in their order, into the first document that has room for it.
 * @param bundles none of them larger alone than a document may be
 */
export const layOut = <Source>(
  base: Base<Source>,
  bundles: readonly Bundle<Source>[],
): readonly PolicyText<Source>[] => {
  const draft = (first: Base<Source>, size: number) => ({
    base: first,
    bundles: [] as Bundle<Source>[],
    pieces: new Set<string>(),
    size,
  });
  const drafts = [draft(base, bytesOf(documentOf(base.statements)))];
  for (const bundle of bundles) {
    const pieces = [...piecesOf(bundle)];
    const growth = (has: ReadonlySet<string>): number =>
      pieces.reduce((sum, [piece, size]) => (has.has(piece) ? sum : sum + size), 0);
    let target = drafts.find((one) => one.size + growth(one.pieces) <= DOCUMENT_SIZE_LIMIT);
    if (target === undefined) {
      target = draft({ ...base, statements: [] }, EMPTY_SIZE);
      drafts.push(target);
    }
    target.size += growth(target.pieces);
    target.bundles.push(bundle);
    for (const [piece] of pieces) target.pieces.add(piece);
  }
  return drafts.map(({ base: first, bundles: own }) => textOf(first, own));
};
