"""The widgets as a web page: `procgen-tools app`."""
