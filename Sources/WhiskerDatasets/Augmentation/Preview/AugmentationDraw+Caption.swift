import Foundation

extension AugmentationDraw {
  /// What is done, in few words: `turn 12°`, `up 20`, `zoom 1.10 × 0.92`, `mirror`.
  public var captions: [String] {
    geometryCaptions + colorCaptions + policy.map(\.caption) + (erasing == nil ? [] : ["erase"])
  }

  private var geometryCaptions: [String] {
    var parts: [String] = []
    if let crop { parts.append("crop \(Int(crop.width.rounded())) × \(Int(crop.height.rounded()))") }
    if rotation != 0 { parts.append("turn \(Self.short(rotation, 0))°") }
    if heightShift != 0 {
      parts.append("\(heightShift > 0 ? "up" : "down") \(Self.short(abs(heightShift), 0))")
    }
    if widthShift != 0 {
      parts.append("\(widthShift > 0 ? "left" : "right") \(Self.short(abs(widthShift), 0))")
    }
    if shear != 0 { parts.append("shear \(Self.short(shear, 0))°") }
    if columnZoom != 1 || rowZoom != 1 {
      parts.append("zoom \(Self.short(columnZoom, 2)) × \(Self.short(rowZoom, 2))")
    }
    if flipsHorizontally { parts.append("mirror") }
    if flipsVertically { parts.append("upside down") }
    return parts
  }

  private var colorCaptions: [String] {
    var parts: [String] = []
    if let channelShift { parts.append("channels \(Self.short(Double(channelShift), 0, signed: true))") }
    if let brightness { parts.append("brightness \(Self.short(Double(brightness), 2))") }
    if let jitter {
      let factors = [
        ("bright", jitter.brightness), ("contrast", jitter.contrast), ("colour", jitter.saturation),
      ]
      parts += factors.filter { $0.1 != 1 }.map { "\($0.0) \(Self.short(Double($0.1), 2))" }
      if jitter.hue != 0 { parts.append("hue \(Self.short(Double(jitter.hue), 0))°") }
    }
    if isGray { parts.append("gray") }
    if let blur { parts.append("blur \(Self.short(Double(blur), 1))") }
    return parts
  }

  /// A number with a given number of decimals and a true minus sign.
  fileprivate static func short(_ value: Double, _ decimals: Int, signed: Bool = false) -> String {
    let text = String(format: signed ? "%+.*f" : "%.*f", decimals, value)
    // What rounds to nothing has no sign.
    let unsigned = Double(text) == 0 ? text.filter { $0 != "-" } : text
    return unsigned.replacingOccurrences(of: "-", with: "−")
  }
}

extension PolicyOperation {
  fileprivate var caption: String {
    func short(_ value: Float, _ decimals: Int) -> String {
      AugmentationDraw.short(Double(value), decimals)
    }
    return switch self {
    case .identity: "as it is"
    case .shearX(let slope): "shear x \(short(slope, 2))"
    case .shearY(let slope): "shear y \(short(slope, 2))"
    case .translateX(let pixels): "move x \(short(pixels, 0))"
    case .translateY(let pixels): "move y \(short(pixels, 0))"
    case .rotate(let degrees): "rotate \(short(degrees, 0))°"
    case .brightness(let factor): "brightness \(short(factor, 2))"
    case .color(let factor): "colour \(short(factor, 2))"
    case .contrast(let factor): "contrast \(short(factor, 2))"
    case .sharpness(let factor): "sharpness \(short(factor, 2))"
    case .posterize(let bits): "posterize \(bits)"
    case .solarize(let threshold): "solarize \(short(threshold, 0))"
    case .autoContrast: "autocontrast"
    case .equalize: "equalize"
    }
  }
}
