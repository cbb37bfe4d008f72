extension Program {
    /// The bare-metal library whose cache functions the program calls, the first of them if there are more; nil: none.
    public var library: VendorCall.Library? {
        for statement in statements {
            guard case .operation(_, .vendor(let call)) = statement.body else { continue }
            return call.function.library
        }
        return nil
    }
}
