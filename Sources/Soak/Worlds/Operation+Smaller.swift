import Operations
import Quantities

extension Operation {
    /// The same with a little less: fewer bytes, a plainer kind, an option left out.
    var smaller: [Operation] {
        switch self {
        case .access(let access, let symbol, let value):
            var result = access.smaller.map { Operation.access($0, symbol: symbol, value: value) }
            if value != nil {
                result.append(.access(access, symbol: symbol, value: nil))
            }
            return result
        case .run(let run):
            return Self.less(run.bytes, 4).map { bytes in
                var smaller = run
                smaller.bytes = bytes
                return .run(smaller)
            } + Self.without(run, \.work, 0).map { .run($0) }
                + Self.without(run, \.step, UInt64(run.size)).map { .run($0) }
        case .copy(let copy):
            return Self.less(copy.bytes, 4).map { bytes in
                var smaller = copy
                smaller.bytes = bytes
                return .copy(smaller)
            } + Self.without(copy, \.work, 0).map { .copy($0) }
        case .work(let cycles): return Self.less(cycles, 1).map { .work(cycles: $0) }
        case .maintenance(let maintenance):
            return Self.less(maintenance.bytes, 0).map { bytes in
                var smaller = maintenance
                smaller.bytes = bytes
                return .maintenance(smaller)
            } + Self.without(maintenance, \.level, 0).map { .maintenance($0) }
        case .environment(let event):
            return Self.less(event.bytes, 0).map { bytes in
                var smaller = event
                smaller.bytes = bytes
                return .environment(smaller)
            }
        case .device(let operation): return operation.smaller.map { .device($0) }
        default: return []
        }
    }

    /// Smaller numbers: the least one, and half.
    fileprivate static func less(_ number: UInt64, _ least: UInt64) -> [UInt64] {
        guard number > least else { return [] }
        return number / 2 > least ? [least, number / 2] : [least]
    }

    /// The same with one property at its plainest, unless it is.
    fileprivate static func without<Value, Property: Equatable>(
        _ value: Value, _ path: WritableKeyPath<Value, Property>, _ plain: Property
    ) -> [Value] {
        guard value[keyPath: path] != plain else { return [] }
        var result = value
        result[keyPath: path] = plain
        return [result]
    }
}

extension MemoryAccess {
    fileprivate var smaller: [MemoryAccess] {
        var result = Operation.less(UInt64(size), 4).map { size in
            var smaller = self
            smaller.size = UInt32(size)
            return smaller
        }
        result += Operation.without(self, \.isDependent, false)
        let plain: AccessKind = kind.isStore ? .store : .load
        if kind != .fetch { result += Operation.without(self, \.kind, plain) }
        result += Operation.without(self, \.address, address & ~15)
        return result
    }
}

extension DeviceOperation {
    fileprivate var smaller: [DeviceOperation] {
        var result = Operation.less(bytes, 4).map { bytes in
            var smaller = self
            smaller.bytes = bytes
            return smaller
        }
        // A descriptor has the size of its layout.
        if layout != .none { result = [] }
        result += Operation.without(self, \.rows, 1)
        result += Operation.without(self, \.cycles, 1)
        result += Operation.without(self, \.pitch, 0)
        result += Operation.without(self, \.burst, nil)
        result += Operation.without(self, \.source, nil)
        result += Operation.without(self, \.value, nil)
        return result
    }
}
