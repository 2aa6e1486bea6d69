import { driverSuite } from '@throughline/testing';
import { createInMemoryDriver } from './in-memory-driver.ts';

describe('the driver in memory', () => {
  driverSuite({ createDriver: () => createInMemoryDriver() });
});
