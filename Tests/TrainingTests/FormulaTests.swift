import Testing
import WhiskerTensors
import _TestSupport

/// `Tools/reference/formula.py`, run by itself, prints the values expected here.
@Suite struct FormulaTests {
  @Test func `Bits are those that Python makes`() {
    #expect(Formula.bits("", count: 3) == [7_607_324, 9_718_591, 10_069_821])
    #expect(Formula.bits("conv2d/kernel", count: 4) == [3_253_693, 10_009_098, 3_504_053, 16_170_370])
    #expect(Formula.bits("고양이", count: 1_000_001).last == 6_010_428)
  }

  @Test func `Uniform numbers are those that Python makes`() {
    #expect(
      Formula.uniform("a", [4], limit: 0.3).values
        == [
          -0.046_158_906_072_378_16, -0.000_142_103_439_429_774_88, -0.005_063_098_855_316_639,
          0.271_186_053_752_899_17,
        ])
    #expect(
      Formula.uniform("a", [4], limit: 0.3, offset: -0.7).values
        == [
          -0.746_158_897_876_739_5, -0.700_142_085_552_215_6, -0.705_063_104_629_516_6,
          -0.428_813_934_326_171_9,
        ])
  }

  @Test func `Whole numbers, labels and photos are those that Python makes`() {
    #expect(Formula.integers("b", count: 12, below: 10) == [9, 3, 1, 1, 1, 2, 1, 5, 0, 9, 8, 4])
    #expect(
      Formula.labels("batch/0", count: 20).values
        == [1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1])
    let photos = Formula.photos("batch/0", count: 3, height: 25, width: 31)
    func pixel(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int) -> Float {
      photos.values[((sample * 25 + row) * 31 + column) * 3 + channel]
    }
    #expect(pixel(0, 0, 0, 0) == 0.898_039_221_763_610_8)
    #expect(pixel(1, 10, 19, 1) == 0.901_960_790_157_318_1)
    #expect(pixel(2, 24, 30, 2) == 0.545_098_066_329_956)
  }
}
