/// The binary logarithm, the same on every machine.
///
/// By the series of the area tangent, to about 15 digits.
///
/// - Precondition: `value` is above zero.
public func binaryLogarithm(_ value: Double) -> Double {
    precondition(value > 0 && value.isFinite, "a logarithm of what is above zero")
    let part = (value.significand - 1) / (value.significand + 1)
    let square = part * part
    var power = part
    var sum = 0.0
    for term in stride(from: 1.0, to: 41, by: 2) {
        sum += power / term
        power *= square
    }
    // 2 / ln 2.
    return Double(value.exponent) + sum * 2.885_390_081_777_926_8
}
