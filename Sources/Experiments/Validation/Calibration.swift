import MemoryModel

/// A parameter that was fitted, and the published number of cached memory or of a manual that it was fitted to.
public struct Calibration: Sendable {
    /// Where the parameter stands.
    public enum Place: Sendable, Hashable {
        /// In `configs/`.
        case machine(String)
        /// Set by a file of `Traces/validation`, on its machine.
        case trace(String)

        /// The name of the machine or file.
        public var name: String {
            switch self {
            case .machine(let name), .trace(let name): name
            }
        }
    }

    /// Where it stands.
    public var place: Place
    /// The key.
    public var key: String
    /// What was measured, and who did.
    public var measured: String
    /// How the value comes out of it.
    public var rule: String
    /// How far the value may be from what comes out.
    public var tolerance: Double
    /// Derives it.
    let derivation: Derivation

    /// Derives the value.
    ///
    /// - Parameter times: Runs traces and finds machines.
    /// - Returns: the value in the key's unit.
    /// - Throws: what is wrong with a trace or a machine.
    func derive(_ times: inout TraceTimes) throws -> Double {
        let variant: MachineVariant
        switch place {
        case .machine(let name): variant = MachineVariant(name)
        case .trace(let name): variant = try times.variant(of: name)
        }
        return try derivation.value(key, on: variant, &times)
    }
}

/// A calibrated parameter and what it comes out as.
public struct DerivedParameter: Sendable {
    /// The parameter.
    public var calibration: Calibration
    /// What comes out.
    public var derived: Double
}

/// How a value comes out of a published number.
enum Derivation: Sendable {
    /// It is the number.
    case number(Double)
    /// Of random reads in a block, or of a chase by a stride: the value for which the model predicts what was measured. The
    /// prediction is linear in it.
    case latency(bytes: UInt64, nanoseconds: Double, order: Chase.Order, placement: Chase.Placement)
    /// Of a span of the place's own trace: the value for which it takes so long; that is linear in the value.
    case time(trace: String, span: String, seconds: Double)
    /// A hit beyond L1 in cycles: what was measured over L1, over the part of the loads that miss L1, and L1's own.
    case hit(bytes: UInt64, nanoseconds: Double)
    /// The whole number for which a span of a trace runs at a rate that is nearest to what was measured.
    case nearest(
        ClosedRange<Int>, trace: String, span: String, bytes: Double, rate: Double, on: Host)

    /// On which machine a trace runs for a calibration.
    enum Host: Sendable {
        /// The one that has the parameter.
        case own
        /// The one that a trace declares, with what it sets.
        case machine(of: String)
        /// Another one.
        case variant(MachineVariant)
    }

    /// The value of a key.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - variant: The machine, with everything else as it is.
    ///   - times: Runs traces.
    /// - Returns: the value.
    /// - Throws: what is wrong with a trace or a machine.
    func value(_ key: String, on variant: MachineVariant, _ times: inout TraceTimes) throws
        -> Double
    {
        switch self {
        case .number(let value): return value
        case .latency(let bytes, let nanoseconds, let order, let placement):
            let chase = Chase(
                bytes: bytes, order: order, placement: placement,
                loads: order == .random ? 20_000 : 1)
            func predict(_ value: Double) throws -> Double {
                var changed = variant
                changed.overrides.append(.init(key: key, value: "\(Int(value))"))
                let machine = try times.configuration(changed)
                let time = chase.nanoseconds(on: machine, seed: 1)
                return order == .random ? time - CachedLatency.firstLevel(machine) : time
            }
            let low = 60.0
            let high = 180.0
            let first = try predict(low)
            let slope = (try predict(high) - first) / (high - low)
            return low + (nanoseconds - first) / slope
        case .time(let trace, let span, let seconds):
            func predict(_ value: Double) throws -> Double {
                var changed = variant
                changed.overrides.append(.init(key: key, value: "\(Int(value))"))
                return try times.seconds(upTo: span, trace, on: changed)
            }
            let first = try predict(4_000)
            return 4_000 + 1_000 * (seconds - first) / (try predict(5_000) - first)
        case .hit(let bytes, let nanoseconds):
            let machine = try times.configuration(variant)
            guard let level1 = machine.level1Data else { return 0 }
            let missing = 1 - Double(level1.size) / Double(bytes)
            let cycles = nanoseconds / missing / machine.core.clock.period.nanoseconds
            return (cycles + Double(level1.hitCycles)).rounded()
        case .nearest(let range, let trace, let span, let bytes, let rate, let host):
            let changeable =
                switch host {
                case .own: variant
                case .machine(let other): try times.variant(of: other)
                case .variant(let other): other
                }
            var best = (value: 0.0, distance: Double.infinity)
            for value in range {
                var changed = changeable
                changed.overrides.append(.init(key: key, value: "\(value)"))
                let predicted = bytes / (try times.seconds(upTo: span, trace, on: changed)) / 1e6
                if abs(predicted - rate) < best.distance {
                    best = (Double(value), abs(predicted - rate))
                }
            }
            return best.value
        }
    }
}
