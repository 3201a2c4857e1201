#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

// The C library's functions under the names they have in sentences, so that only this file imports it.

func sine(_ angle: Double) -> Double { sin(angle) }

func cosine(_ angle: Double) -> Double { cos(angle) }

func arcCosine(_ value: Double) -> Double { acos(min(max(value, -1), 1)) }

/// The angle of a vector, clockwise from the x axis.
func angle(of vector: Point) -> Double { atan2(vector.y, vector.x) }
