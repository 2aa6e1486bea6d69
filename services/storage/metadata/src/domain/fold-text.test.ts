import { foldText } from './fold-text.ts';

describe('foldText', () => {
  it.each([
    ['Summer.PNG', 'summer.png'],
    ['ÄRGER', 'ärger'],
    ['A\u0308rger', 'ärger'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['100%_\\', '100%_\\'],
  ])('%s → %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });
});
