import { prometheusObjects } from './prometheus-objects.ts';

const HELP = `node scripts/cluster/print-prometheus.ts <namespace> | kubectl apply -f -

Prints a Prometheus for the release in a namespace; the release needs --set networkPolicy.monitoringNamespace=<namespace>.
`;

const [namespace] = process.argv.slice(2);
if (namespace === undefined || namespace === '--help') {
  process.stdout.write(HELP);
  if (namespace === undefined) process.exitCode = 1;
} else process.stdout.write(prometheusObjects(namespace));
