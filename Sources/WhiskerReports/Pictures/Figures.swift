import Foundation

/// How numbers are written in reports.
package enum Figures {
  /// `71.3 %`.
  package static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

  /// `0.7132`: a share with a given number of decimals.
  package static func share(_ value: Double, decimals: Int = 3) -> String {
    String(format: "%.*f", decimals, value)
  }

  /// `7.3 s`, `4 min 12 s`, `2 h 5 min`.
  package static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    if seconds < 99.95 { return String(format: "%.1f s", max(0, seconds)) }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
  }

  /// `1,234,567`.
  package static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    let groups = stride(from: digits.count, to: 0, by: -3).map { end in
      String(digits[max(0, end - 3)..<end])
    }
    return (count < 0 ? "−" : "") + groups.reversed().joined(separator: ",")
  }
}
