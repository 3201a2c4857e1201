public import ArgumentParser
import Foundation
import Whisker

/// Options that set an augmentation's settings.
struct AugmentationOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Rotation to either side: degrees, or radians such as 0.7rad.")
  var rotation: AngleArgument?

  @Option(
    parsing: .unconditional,
    help:
      "Shift to the left or right: a share of the width such as 0.2, whole pixels, or a list such as 0,10.")
  var widthShift: ShiftArgument?

  @Option(parsing: .unconditional, help: "Shift up or down, likewise.")
  var heightShift: ShiftArgument?

  @Option(parsing: .unconditional, help: "Shear to either side: degrees, or radians such as 0.2rad.")
  var shear: AngleArgument?

  @Option(parsing: .unconditional, help: "Zoom: 0.2 for 0.8 to 1.2, or a pair such as 0.8,1.5.")
  var zoom: ZoomArgument?

  @Flag(help: "Mirror half of the versions.")
  var horizontalFlip = false

  @Flag(help: "Turn half of the versions upside down.")
  var verticalFlip = false

  @Option(parsing: .unconditional, help: "Factors of the brightness: a pair such as 0.5,1.5.")
  var brightness: RangeArgument?

  @Option(parsing: .unconditional, help: "A number up to this is added to or taken from every level of 255.")
  var channelShift: Float?

  @Option(help: "What lies beyond the edges: nearest, constant, reflect or wrap.")
  var fillMode: FillMode?

  @Option(parsing: .unconditional, help: "The level beyond the edges for the fill mode constant, 0 to 255.")
  var cval: Float?

  @Option(
    help: ArgumentHelp(
      "Any settings as they stand in a recipe, such as '{rand_augment: {magnitude: 12}}'.", valueName: "yaml")
  )
  var augmentation: String?

  /// Whether no option was given.
  var isEmpty: Bool {
    rotation == nil && widthShift == nil && heightShift == nil && shear == nil && zoom == nil
      && !horizontalFlip && !verticalFlip && brightness == nil && channelShift == nil && fillMode == nil
      && cval == nil && augmentation == nil
  }

  /// Sets what was given; `--augmentation` replaces everything first.
  func apply(to settings: inout Augmentation) throws {
    if let augmentation { settings = try Augmentation(yaml: augmentation, source: "--augmentation") }
    settings.rotationRange = rotation?.angle ?? settings.rotationRange
    settings.widthShiftRange = widthShift?.range ?? settings.widthShiftRange
    settings.heightShiftRange = heightShift?.range ?? settings.heightShiftRange
    settings.shearRange = shear?.angle ?? settings.shearRange
    settings.zoomRange = zoom?.range ?? settings.zoomRange
    settings.horizontalFlip = horizontalFlip || settings.horizontalFlip
    settings.verticalFlip = verticalFlip || settings.verticalFlip
    settings.brightnessRange = brightness?.range ?? settings.brightnessRange
    settings.channelShiftRange = channelShift ?? settings.channelShiftRange
    settings.fillMode = fillMode ?? settings.fillMode
    settings.cval = cval ?? settings.cval
    try settings.validate()
  }
}

extension FillMode: ExpressibleByArgument {}

/// `40`, `40deg` or `0.2rad`.
struct AngleArgument: ExpressibleByArgument {
  let angle: Angle

  init?(argument: String) {
    let argument = argument.trimmingCharacters(in: .whitespaces)
    let units: [(String, (Float) -> Angle)] = [
      ("rad", Angle.radians), ("deg", Angle.degrees), ("", Angle.degrees),
    ]
    for (suffix, unit) in units where argument.hasSuffix(suffix) {
      let digits = argument.dropLast(suffix.count).trimmingCharacters(in: .whitespaces)
      guard let value = Float(digits) else { return nil }
      angle = unit(value)
      return
    }
    return nil
  }
}

/// `0.2`, `5` or `0,10`.
struct ShiftArgument: ExpressibleByArgument {
  let range: ShiftRange

  init?(argument: String) {
    let argument = argument.trimmingCharacters(in: .whitespaces)
    if let whole = Int(argument) {
      range = ShiftRange(integerLiteral: whole)
    } else if let number = Float(argument) {
      range = ShiftRange(number)
    } else if let numbers = numberList(argument) {
      range = .choices(numbers)
    } else {
      return nil
    }
  }
}

/// `0.2` or `0.8,1.2`.
struct ZoomArgument: ExpressibleByArgument {
  let range: ZoomRange

  init?(argument: String) {
    if let value = Float(argument.trimmingCharacters(in: .whitespaces)) {
      range = ZoomRange(value)
    } else if let pair = numberList(argument), pair.count == 2 {
      range = ZoomRange(pair[0], pair[1])
    } else {
      return nil
    }
  }
}

/// `0.5,1.5`.
struct RangeArgument: ExpressibleByArgument {
  let range: ClosedRange<Float>

  init?(argument: String) {
    guard let pair = numberList(argument), pair.count == 2, pair[0] <= pair[1] else { return nil }
    range = pair[0]...pair[1]
  }
}

/// The numbers of a list with commas; nil if one isn't a number.
private func numberList(_ text: String) -> [Float]? {
  let numbers = text.listItems.map { Float($0) }
  return numbers.contains(nil) ? nil : numbers.compactMap(\.self)
}
