"""What keeps the documents true: pages that are generated, and pages whose commands run."""
