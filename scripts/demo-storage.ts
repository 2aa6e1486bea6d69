import { resendCreated } from './demo/resend-event.ts';
import { runDemo } from './demo/run-demo.ts';
import { runWalkthrough } from './demo/run-walkthrough.ts';

await runDemo({
  name: 'demo:storage',
  description: `Goes through the ten steps of object storage against the running stack (npm start) or a release in a cluster, and prints what it saw.
The last step writes to Kafka: the running stack's, where nothing runs that at KAFKA_BROKERS, in a cluster from within the services' containers.`,
  run: async ({ installation, say, untilStopped }) => {
    const { edgeUrl } = installation;
    const resend = (objectId: string, times: number) => resendCreated(installation, objectId, times);
    await untilStopped(runWalkthrough({ edgeUrl, resendCreated: resend, say }));
    say('\nAll ten steps were seen.');
  },
});
