// Sends ten "Product Viewed" of user u1 or u2 by each SDK, with times of their own, then ends when all were answered.
// Usage: node send.js COLLECTOR_URL WRITE_KEY; the SDKs are found through NODE_PATH.
const [url, key] = process.argv.slice(2);
const PER_SDK = 10;
const when = (n) => new Date(Date.UTC(2026, 0, 2, 3, 4, n));
const user = (n) => `u${1 + (n % 2)}`;
const numbers = [...Array(PER_SDK).keys()];
const sdk = (name, work) => Promise.resolve().then(work).catch((error) => {
  console.error(name, error.message);
  process.exitCode = 1;
});

async function segment() {
  const { Analytics } = require('@segment/analytics-node');
  const client = new Analytics({ writeKey: key, host: url, flushAt: 4 });
  for (const n of numbers) {
    client.track({ userId: user(n), event: 'Product Viewed', properties: { product_id: 'segment' }, timestamp: when(n) });
  }
  client.identify({ userId: 'u1', traits: { email: 'li@example.com' } });
  await client.closeAndFlush();
}

async function rudder() {
  const RudderAnalytics = require('@rudderstack/rudder-sdk-node').default || require('@rudderstack/rudder-sdk-node');
  const client = new RudderAnalytics(key, { dataPlaneUrl: url, flushAt: 4 });
  for (const n of numbers) {
    client.track({ userId: user(n), event: 'Product Viewed', properties: { product_id: 'rudder' }, timestamp: when(n) });
  }
  await client.flush();
}

async function posthog() {
  const { PostHog } = require('posthog-node');
  const client = new PostHog(key, { host: url, flushAt: 4 });
  for (const n of numbers) {
    client.capture({
      distinctId: user(n), event: 'Product Viewed', properties: { product_id: 'posthog' }, timestamp: when(n),
    });
  }
  await client.shutdown();
}

async function sensors() {
  const module = require('sa-sdk-node');
  const SensorsAnalytics = module.default || module;
  const client = new SensorsAnalytics();
  client.initTLS && client.disableReNameOption && client.disableReNameOption();
  client.submitTo({ url: `${url}/sa?project=default&token=${key}`, gzip: true, mode: 'track', timeout: 10000 });
  for (const n of numbers) {
    await client.track(user(n), 'ViewProduct', { commodity_id: 'sensors', $time: when(n), $is_login_id: true });
  }
}

async function snowplow() {
  const { newTracker, buildSelfDescribingEvent } = require('@snowplow/node-tracker');
  const tracker = newTracker(
    { namespace: 'shop', appId: 'shop' },
    { endpoint: url, eventMethod: 'post', bufferSize: 1 },
  );
  for (const n of numbers) {
    tracker.setUserId(user(n));
    tracker.track(buildSelfDescribingEvent({
      event: {
        schema: 'iglu:com.shop/Product Viewed/jsonschema/1-0-0'.replace(' ', '_'),
        data: { product_id: 'snowplow' },
      },
    }), [], { type: 'ttm', value: when(n).getTime() });
  }
  await tracker.flush();
  await new Promise((done) => { setTimeout(done, 1500); });
}

const all = { segment, rudder, posthog, sensors, snowplow };
Promise.all(Object.entries(all).map(([name, work]) => sdk(name, work))).then(() => process.exit(process.exitCode || 0));
