import Operations

extension DMADebugCheck {
    /// What the check prints about a device, with the names where its kernel has them.
    ///
    /// The driver's name is not known here: the device's stands in its place.
    ///
    /// - Parameters:
    ///   - arguments: What the text's placeholders stand for, in their order.
    ///   - device: The device's name.
    ///   - settings: The kernel.
    /// - Returns: the message; nil if the kernel does not have the check.
    /// - Precondition: There are as many arguments as placeholders.
    public func message(
        _ arguments: [DMADebugText.Argument], device: String, _ settings: DMADebug.Settings
    ) -> String? {
        guard let template = template(settings.kernel) else { return nil }
        let era = DMADebugEra(kernel: settings.kernel)
        let text = DMADebugText.fill(
            template, arguments, pointerDigits: settings.isArm64 ? 16 : 8)
        guard self != .e23 || era.namesOverlap else { return "DMA-API: \(text)" }
        return era.namesComeLast
            ? "DMA-API: \(device) \(device): \(text)" : "\(device) \(device): DMA-API: \(text)"
    }
}

extension DMADebug.Settings {
    /// The word for the type of what a function makes or releases: functions of one type are the same to dma-debug.
    public func type(of function: DMACall.Function) -> String {
        let era = DMADebugEra(kernel: kernel)
        return era.kind(of: function).name(era)
    }

    /// Whether mappings that overlap are passed over, because small buffers bounce.
    public var hidesOverlap: Bool {
        bouncesSmallBuffers && DMADebugEra(kernel: kernel).heedsBouncing
    }
}

extension DMADebugEra {
    /// The type of entry that a function makes or releases.
    func kind(of function: DMACall.Function) -> DMADebugEntry.Kind {
        switch function {
        case .mapSG, .mapSGTable, .unmapSG, .unmapSGTable, .allocNoncontiguous, .freeNoncontiguous:
            .list
        case .mapResource, .unmapResource: mapsPhysical ? .physical : .resource
        case .mapPage, .unmapPage:
            mapsPhysical ? .physical : tellsPageFromSingle ? .page : .single
        case .allocNoncoherent, .allocPages, .freeNoncoherent, .freePages:
            knowsNoncoherent ? .noncoherent : .single
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs, .freeCoherent,
            .freeWriteCombine, .freeAttrs:
            .coherent
        default: mapsPhysical ? .physical : .single
        }
    }
}

extension DMADirection {
    /// The kernel's name, with its prefix.
    public var kernelName: String { "DMA_" + name }
}
