// Finds the operation that a request line names.

import { invalidRequest } from './errors.ts';
import type { ApiModel, OperationModel } from './model.ts';

export type Route = { readonly model: OperationModel; readonly labels: Readonly<Record<string, string>> };

const isLabel = (segment: string) => segment.startsWith('{');
const isGreedy = (segment: string) => segment.endsWith('+}');
const labelName = (segment: string) => segment.replace(/^\{|\+?\}$/g, '');

/** Literal segments outrank labels: /thing-groups/addThingToThingGroup is not a group of that name. */
const bySpecificity = (a: OperationModel, b: OperationModel) =>
  a.segments.filter(isLabel).length - b.segments.filter(isLabel).length;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw Object.assign(invalidRequest('the path is not percent-encoded UTF-8'), { cause });
  }
};

const labelsOf = (template: readonly string[], segments: readonly string[]): Record<string, string> | null => {
  const labels: Record<string, string> = {};
  for (const [index, wanted] of template.entries()) {
    const given = isGreedy(wanted) ? segments.slice(index).join('/') : segments[index];
    if (given === undefined || given === '') return null;
    if (isLabel(wanted)) labels[labelName(wanted)] = decode(given);
    else if (wanted !== given) return null;
    if (isGreedy(wanted)) return labels;
  }
  return template.length === segments.length ? labels : null;
};

/**
 * @returns finds by method and path (as sent: percent-encoded, without the query); null when no operation has them
 * @throws InvalidRequestException when the path is not percent-encoded UTF-8
 */
export const createRouter = ({ operations }: ApiModel): ((method: string, path: string) => Route | null) => {
  const routes = operations.toSorted(bySpecificity);
  return (method, path) => {
    const segments = path.split('/').slice(1);
    for (const model of routes) {
      const labels = model.method === method ? labelsOf(model.segments, segments) : null;
      if (labels !== null) return { model, labels };
    }
    return null;
  };
};
