import Experiments
import Quantities

/// How numbers become places along an axis of a figure.
struct FigureScale {
    /// A mark on the axis.
    struct Tick {
        /// Where, 0 at the start of the axis and 1 at its end.
        var position: Double
        /// What stands there; empty for a line without a word.
        var label: String
    }

    /// Whether equal factors are equally far apart.
    let isLogarithmic: Bool
    /// The marks, in ascending order.
    private(set) var ticks: [Tick] = []
    private let low: Double
    private let high: Double

    /// By which factors an axis of powers goes beyond its numbers.
    static let room = (below: 1.15, above: 1.25)

    /// A scale for numbers, with marks at 1, 2 or 5 times powers of ten.
    ///
    /// - Parameters:
    ///   - range: The least and the greatest number.
    ///   - wanted: Whether equal factors are equally far apart; not heeded if a number is not above zero.
    ///   - unit: In which unit marks are written.
    init(_ range: ClosedRange<Double>, isLogarithmic wanted: Bool, unit: MetricUnit) {
        factor = unit.factor
        isLogarithmic = wanted && range.lowerBound > 0
        var (least, greatest) = (range.lowerBound / unit.factor, range.upperBound / unit.factor)
        if isLogarithmic {
            least /= Self.room.below
            greatest *= Self.room.above
            low = binaryLogarithm(least)
            high = binaryLogarithm(greatest)
            let values = Self.decades(least, greatest)
            ticks = values.map {
                Tick(
                    position: (binaryLogarithm($0.value) - low) / (high - low),
                    label: $0.isNamed ? Format.tick($0.value) : "")
            }
        } else {
            let span = greatest > least ? greatest - least : max(abs(greatest), 1)
            least = range.isNearZero ? 0 : least - span * 0.05
            greatest += span * 0.05
            let step = Self.step(greatest - least)
            low = least
            high = greatest
            var number = (least / step).rounded(.up)
            while number * step <= greatest {
                ticks.append(
                    Tick(
                        position: (number * step - least) / (greatest - least),
                        label: Format.tick(number * step)))
                number += 1
            }
        }
    }

    /// A scale for the values of an axis, by powers where all are numbers above zero, or else equally far apart.
    init(_ axis: MachineAxis) {
        factor = 1
        let numbers = axis.numbers ?? []
        guard let least = numbers.min(), let greatest = numbers.max(), least > 0, greatest > least
        else {
            isLogarithmic = false
            (low, high) = (-0.5, Double(axis.values.count) - 0.5)
            ticks = axis.values.indices.map {
                Tick(position: (Double($0) - low) / (high - low), label: axis.values[$0])
            }
            return
        }
        isLogarithmic = true
        let margin = (binaryLogarithm(greatest) - binaryLogarithm(least)) * 0.03
        low = binaryLogarithm(least) - margin
        high = binaryLogarithm(greatest) + margin
        var last = -1.0
        for (number, label) in zip(numbers, axis.values).sorted(by: { $0.0 < $1.0 }) {
            let position = (binaryLogarithm(number) - low) / (high - low)
            // Words closer than this would touch.
            let isFar = position - last > 0.055
            ticks.append(Tick(position: position, label: isFar ? label : ""))
            if isFar { last = position }
        }
    }

    private let factor: Double

    /// Where a number is, 0 at the start of the axis and 1 at its end.
    func position(_ value: Double) -> Double {
        let scaled = value / factor
        return ((isLogarithmic ? binaryLogarithm(scaled) : scaled) - low) / (high - low)
    }

    /// 1, 2 or 5 times a power of ten, so that about six of them make the span.
    private static func step(_ span: Double) -> Double {
        var power = 1.0
        while power * 10 <= span { power *= 10 }
        while power > span { power /= 10 }
        for part in [0.1, 0.2, 0.5, 1, 2] where span / (power * part) <= 7 { return power * part }
        return power * 5
    }

    private static func decades(
        _ least: Double, _ greatest: Double
    ) -> [(value: Double, isNamed: Bool)] {
        var ten = 1.0
        while ten > least { ten /= 10 }
        while ten * 10 <= least { ten *= 10 }
        let decades = binaryLogarithm(greatest / least) / binaryLogarithm(10)
        // The fewer decades, the more of their parts have words.
        let named: [Double] = decades < 1 ? [1, 2, 3, 4, 5, 6, 8] : decades < 3 ? [1, 2, 5] : [1]
        var values: [(Double, Bool)] = []
        while ten <= greatest {
            for part in 1...9 {
                let value = Double(part) * ten
                guard least <= value, value <= greatest else { continue }
                values.append((value, named.contains(Double(part))))
            }
            ten *= 10
        }
        return values
    }
}

extension ClosedRange<Double> {
    /// From the least to the greatest of numbers; nil if there are none.
    init?(of numbers: some Sequence<Double>) {
        var range: (Double, Double)?
        for number in numbers {
            range = (Swift.min(range?.0 ?? number, number), Swift.max(range?.1 ?? number, number))
        }
        guard let range else { return nil }
        self = range.0...range.1
    }

    /// Whether an axis of equal distances begins at zero: unless the numbers are far from it.
    var isNearZero: Bool { lowerBound >= 0 && lowerBound < 2 * (upperBound - lowerBound) }

    /// Whether the numbers are so far apart that powers show them better: all above zero, and ten times the least.
    var asksForLogarithm: Bool { lowerBound > 0 && upperBound >= 10 * lowerBound }
}
