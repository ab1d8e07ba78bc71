# packaging: systemd units and examples of configuration.
