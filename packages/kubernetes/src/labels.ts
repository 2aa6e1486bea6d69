/** Label that the chart gives what it renders. */
export const COMPONENT_LABEL = 'app.kubernetes.io/component';
const INSTANCE_LABEL = 'app.kubernetes.io/instance';
const PART_OF_THROUGHLINE = 'app.kubernetes.io/part-of=throughline';

/** A selector of an installation's objects; of every one in the namespace without a release. */
export function selectorOf(release: string | undefined, component?: string): string {
  const labels = [PART_OF_THROUGHLINE];
  if (release !== undefined) labels.push(`${INSTANCE_LABEL}=${release}`);
  if (component !== undefined) labels.push(`${COMPONENT_LABEL}=${component}`);
  return labels.join(',');
}
