import Operations

/// Accesses of foreign traces as operations of the native format.
public enum NativeAccess {
    /// The operation that says in the native format what an access of a foreign trace does.
    public static func operation(_ access: MemoryAccess) -> Operation {
        switch access.kind {
        case .miscellaneousRead:
            var load = access
            load.kind = .load
            return .access(load, symbol: .none, value: nil)
        case .copyBack, .invalidate:
            let cleans = access.kind == .copyBack
            if access.size == 0 { return .maintenance(Maintenance(cleans ? .dcCSW : .dcISW)) }
            return .maintenance(
                Maintenance(
                    cleans ? .dcCVAC : .dcIVAC, at: Operand(access.address),
                    bytes: UInt64(access.size)))
        default: return .access(access, symbol: .none, value: nil)
        }
    }
}
